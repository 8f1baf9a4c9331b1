"""Sample content for trying the portal out: users, five quarters of labelled returns, all through the real verbs."""
