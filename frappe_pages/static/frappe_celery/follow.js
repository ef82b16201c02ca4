/* A page that shows what runs follows it: it is fetched again, and what differs is replaced.

What is to follow has the class fc-live and an id. In place, so that focus, selection, what is
scrolled and what is unfolded stay. Not while nobody looks, nor once the page says no more that it
follows. Without scripts, ?follow has the browser load the page again. */
"use strict";
{
    const SCRIPT = "script[data-follow-seconds]";
    const seconds = Number(document.currentScript.dataset.followSeconds);
    let timer = null, follows = true, line, said, button;

    function key(node) {
        return node.id || (node.dataset && node.dataset.key) || "";
    }

    function renew(old, fresh) {
        if (old.isEqualNode(fresh)) return;
        if (old.nodeName !== fresh.nodeName || key(old) !== key(fresh)) return old.replaceWith(fresh);
        if (!old.attributes) return void (old.nodeValue = fresh.nodeValue);
        for (const { name } of [...old.attributes])
            if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
        for (const { name, value } of fresh.attributes)
            if (old.getAttribute(name) !== value) old.setAttribute(name, value);
        const known = new Map([...old.children].filter(key).map(child => [key(child), child]));
        let at = old.firstChild;
        for (const child of [...fresh.childNodes]) {
            const its = known.get(key(child));
            if (its && its !== at) old.insertBefore(its, at);
            const same = its || (at && !(known.has(key(at)) && key(at)) ? at : null);
            if (!same) { old.insertBefore(child, at); continue; }
            at = same.nextSibling;
            renew(same, child);
        }
        while (at) { const next = at.nextSibling; at.remove(); at = next; }
    }

    /* heard by who has the page read to them; seen by all where something is wrong */
    function tell(text, isWrong = false) {
        if (said.textContent !== text) said.textContent = text;
        said.className = isWrong ? "fc-warn" : "fc-hidden";
    }

    async function look() {
        const began = Date.now();
        try {
            const answer = await fetch(location.href, { credentials: "same-origin" });
            if (answer.redirected) return stop("You are logged out: log in to go on.");
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (!follows) return;
            const had = document.activeElement;
            for (const part of document.querySelectorAll(".fc-live")) {
                const fresh = page.getElementById(part.id), news = fresh && fresh.dataset.said;
                if (!fresh) throw new Error(page.querySelector(".errornote")?.textContent || answer.status);
                if (news && news !== part.dataset.said) tell(news);
                renew(part, document.importNode(fresh, true));
            }
            if (had !== document.activeElement && had.isConnected) had.focus({ preventScroll: true });
            if (said.className === "fc-warn") tell("");
            if (!page.querySelector(SCRIPT)) return stop("");
        } catch (error) {
            tell(`Not up to date: ${error.message}. It is tried again.`, true);
        }
        /* a server that is slow is asked less often */
        later(Math.max(seconds * 1000, 5 * (Date.now() - began)));
    }

    function later(milliseconds) {
        clearTimeout(timer);
        if (follows && !document.hidden) timer = setTimeout(look, milliseconds);
    }

    function stop(why) {
        follows = false;
        clearTimeout(timer);
        if (why) tell(why, true);
        line.remove();
    }

    function begin() {
        line = document.getElementById("fc-follow");
        said = document.getElementById("fc-said");
        button = line.querySelector("button");
        line.hidden = false;
        button.addEventListener("click", () => {
            follows = !follows;
            button.textContent = follows ? "Stop following" : "Follow";
            later(0);
        });
        document.addEventListener("visibilitychange", () => later(0));
        document.addEventListener("submit", () => clearTimeout(timer));
        later(seconds * 1000);
    }

    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
    else begin();
}
