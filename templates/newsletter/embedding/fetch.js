async function subscribe(name, email) {
  const answer = await fetch("{{ sign_up_url|escapejs }}", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, email, newsletter: "{{ newsletter.slug|escapejs }}", wording: "{{ wording.name|escapejs }}" }),
  });
  const { message, error } = await answer.json();
  return answer.ok ? message : error;
}
