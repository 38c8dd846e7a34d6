/* An element with its properties and children; children that are false or null are left out. It stands at the head of every
   component's script that makes elements (component_script.py). */

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter(Boolean));
  return element;
};
