async function subscribe(name, email) {
  const answer = await fetch("{{ sign_up_url }}", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, email, newsletter: "{{ newsletter.slug }}", wording: "{{ wording.name }}" }),
  });
  const { message, error } = await answer.json();
  return answer.ok ? message : error;
}
