"""The use cases: one verb per door-independent thing a user does; handlers: task kind to work.

Entry points: `make.make_film`, `render.render_film`, `records` (list, show, create, edit, delete),
`stale.stale_rows`; every verb takes the `studio.Studio` that `bootstrap.open_studio` builds.
May import: storage and everything below it. Test double: a real studio with the silent voice on a
temporary folder.
"""
