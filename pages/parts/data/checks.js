/* What is still missing when somebody presses Import: the first thing only, and where to mend it. */

const LEAST_PHOTOS = 3; // different photos a class needs: one to learn from, one to watch, one to test

/** {card, words, focus, without}: `focus` is what to put the keyboard on, `without` the cards that could be left out;
    null where nothing is missing.

    `left`: the cards that are left out. `isWhole`: whether folders or zips came whose classes only the server knows. */
function firstGap(cards, left, isWhole) {
  const asked = cards.find((card) => card.isAsked);
  if (asked) return { card: asked, focus: asked.question.querySelector("button") };
  const wanted = cards.filter((card) => !left.has(card));
  const full = wanted.filter((card) => card.total > 0);
  if (!full.length && !isWhole) return missingPhotos(cards.find((card) => !card.isFixed), "Add photos of this class first.");
  const nameless = full.find((card) => !card.name);
  if (nameless) return { card: nameless, words: "Name this class: what do its photos show?", focus: nameless.input };
  const enough = full.filter((card) => card.total >= LEAST_PHOTOS);
  const small = wanted.filter((card) => card.name && card.total < LEAST_PHOTOS);
  if (small.length) return tooFew(small, enough.length >= 2 || isWhole);
  if (full.length >= 2 || isWhole) return null;
  const next = cards.find((card) => !card.total && !left.has(card));
  return missingPhotos(next, "Add photos of a second class: it takes two to tell apart.");
}

const missingPhotos = (card, words) => ({ card, words, focus: card?.choose });

function tooFew(small, isEnough) {
  const [card] = small;
  const have = card.total ? `has only ${photos(card.total)}` : "has no photos yet";
  const words = `“${card.name}” ${have}. A class needs at least ${LEAST_PHOTOS}.`;
  return { card, words, focus: card.choose, without: isEnough ? small : [] };
}

/** "birds", "birds and bees", "birds and 2 more". */
function listed(names) {
  if (names.length < 3) return names.join(" and ");
  return `${names[0]} and ${names.length - 1} more`;
}
