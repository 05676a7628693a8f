"""The attributes that HTML knows, by element (the HTML standard's index of attributes, as far as pages use it)."""

EVERYWHERE = (
    "accesskey autocapitalize autocorrect autofocus class contenteditable dir draggable enterkeyhint hidden id inert"
    " inputmode is itemid itemprop itemref itemscope itemtype lang nonce popover role slot spellcheck style tabindex"
    " title translate"
)
PREFIXES = ("data-", "aria-", "hx-")
OF_FIELDS = "autocomplete disabled form maxlength minlength name placeholder readonly required"
OF_BUTTONS = (
    "disabled form formaction formenctype formmethod formnovalidate formtarget name popovertarget"
    " popovertargetaction type value"
)
ELEMENTS = {
    "a": "download href hreflang ping referrerpolicy rel target type",
    "blockquote": "cite",
    "button": OF_BUTTONS,
    "col": "span",
    "colgroup": "span",
    "details": "name open",
    "dialog": "open",
    "fieldset": "disabled form name",
    "form": "accept-charset action autocomplete enctype method name novalidate rel target",
    "html": "",
    "img": "alt decoding fetchpriority height loading sizes src srcset usemap width",
    "input": f"accept alt capture checked dirname height list max min multiple pattern size src step width"
    f" {OF_FIELDS} {OF_BUTTONS}",
    "label": "for",
    "li": "value",
    "link": "as crossorigin disabled fetchpriority href hreflang integrity media referrerpolicy rel sizes type",
    "meta": "charset content http-equiv media name property",
    "meter": "high low max min optimum value",
    "ol": "reversed start type",
    "optgroup": "disabled label",
    "option": "disabled label selected value",
    "output": "for form name",
    "progress": "max value",
    "q": "cite",
    "script": "async blocking crossorigin defer fetchpriority integrity nomodule referrerpolicy src type",
    "select": "autocomplete disabled form multiple name required size",
    "source": "height media sizes src srcset type width",
    "table": "",
    "td": "colspan headers rowspan",
    "textarea": f"cols dirname rows wrap {OF_FIELDS}",
    "th": "abbr colspan headers rowspan scope",
    "time": "datetime",
}
# Drawings have a language of their own.
SVG = {
    "circle",
    "defs",
    "ellipse",
    "g",
    "line",
    "path",
    "polygon",
    "polyline",
    "rect",
    "svg",
    "symbol",
    "text",
    "title",
    "use",
}


def unknown(tags):
    """What of these (element, attributes) the standard does not know, as "element attribute"."""
    return [
        f"{tag} {name}"
        for tag, names in tags
        if tag not in SVG
        for name in names
        if not name.startswith(PREFIXES) and name not in f"{EVERYWHERE} {ELEMENTS.get(tag, '')}".split()
    ]
