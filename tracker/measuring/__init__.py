"""How well detection does and how attentively reviewers read: labelled cases, drawn samples, checks; pure."""
