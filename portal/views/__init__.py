"""Pages. A view is a door (`portal.staff.page`), a read or one service call, and a template."""
