/* A button of a component's script. */

const button = (text, className, onclick) => make("button", { type: "button", textContent: text, className, onclick });
