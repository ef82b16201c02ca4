/* The links of a list of the class fc-tabs are one stop of the Tab key; the arrow keys go from one to the next. */
"use strict";
for (const bar of document.querySelectorAll("ul.fc-tabs")) {
    const links = [...bar.querySelectorAll("a")];
    if (!links.length) continue;
    let at = Math.max(0, links.findIndex(link => link.hasAttribute("aria-current")));
    const only = () => links.forEach((link, place) => { link.tabIndex = place === at ? 0 : -1; });
    bar.setAttribute("role", "toolbar");
    for (const item of bar.children) item.setAttribute("role", "none");
    bar.addEventListener("keydown", event => {
        const places = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 };
        if (!(event.key in places)) return;
        event.preventDefault();
        at = (places[event.key] + links.length) % links.length;
        only();
        links[at].focus();
    });
    only();
}
