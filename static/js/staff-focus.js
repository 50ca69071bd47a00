// The back office is hidden until Alpine has begun, and what is hidden can't take the focus: so
// what the address or `autofocus` names gets it then. Without scripts nothing is hidden.

function focusWhatIsNamed() {
  if (document.activeElement && document.activeElement !== document.body) return;
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const target = document.querySelector("[aria-invalid=true][autofocus]") || named
    || document.querySelector("[autofocus]");
  if (!target) return;
  target.scrollIntoView({ block: "nearest" });
  target.focus();
}

document.addEventListener("alpine:initialized", () => requestAnimationFrame(focusWhatIsNamed));
