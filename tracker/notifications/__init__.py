"""Who is told of what happened: subscriptions and webhooks, and messages sent, retried, given up."""
