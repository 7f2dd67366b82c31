"""Staff: who gets into the admin, what each may do there, and the record of what was done."""
