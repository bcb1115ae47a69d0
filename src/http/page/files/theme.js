// Light or dark: as the system has it, unless somebody says otherwise.

const ORDER = ["auto", "light", "dark"];
const PLACE = "pixmill-theme";

/** Lets the button go round the themes, beginning with the one of last time. */
export function themed(button) {
  let theme = remembered();
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    remember(theme);
    show();
  });
  show();
}

// A browser may refuse to keep anything.
function remembered() {
  try {
    const theme = localStorage.getItem(PLACE);
    return ORDER.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}

function remember(theme) {
  try {
    localStorage.setItem(PLACE, theme);
  } catch {
    // It is for this visit, then.
  }
}
