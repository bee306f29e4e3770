"""Who is signed in and how, what people may do, and the audit of it, as pages."""
