"""Pages as a phone gets them: how heavy, how soon, how still; and pictures of them. Run it with `script/pages`.

Everything happens on a site of its own: a database in a temporary folder, the demo data, the settings of production.
"""
