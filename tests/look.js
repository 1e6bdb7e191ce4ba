/* Axe, which judges the colours of a text once: where another has the same colours, size and
   weight on the same backgrounds, it would say the same. What it could not judge (a text of one
   letter, one that is half covered) settles nothing.
*/
(() => {
  const rule = axe._audit.rules.find((each) => each.id === "color-contrast");
  const matches = rule.matches;
  let seen, offered, left, lit;

  const isOpaque = (style) =>
    style.backgroundImage === "none" && !/rgba|\/|transparent/.test(style.backgroundColor);

  // What stands somewhere else than its place in the text may lie on what is not around it.
  const isMoved = (style) => !["static", "relative"].includes(style.position);

  // The grounds of an element from its own outwards, until one hides what is behind it; and how
  // much of it all shines through.
  function grounds(node) {
    if (!lit.has(node)) {
      const style = getComputedStyle(node);
      const around = node.parentElement ? grounds(node.parentElement) : { on: "", through: "" };
      const own = `${style.backgroundColor} ${style.backgroundImage} ${style.mixBlendMode};`;
      const isPlain = /^rgba\(0, 0, 0, 0\) none normal;$/.test(own);
      const moved = isMoved(style) ? location.href : "";
      const through = [style.opacity, style.filter, style.mixBlendMode].join(" ");
      lit.set(node, {
        on: isOpaque(style) ? own : (isPlain ? "" : own) + moved + around.on,
        through: around.through + (through === "1 none normal" ? "" : `${through};`),
      });
    }
    return lit.get(node);
  }

  function colours(node) {
    const style = getComputedStyle(node);
    const { on, through } = grounds(node);
    const inSvg = node instanceof SVGElement ? location.href : "";
    return [
      ...[style.color, style.fontSize, style.fontWeight, style.textShadow],
      ...[style.webkitTextStroke, on, through, inSvg],
    ].join("|");
  }

  rule.matches = function (node, ...more) {
    const key = colours(node);
    const known = left ? !left.has(key) || offered.get(key) === node : offered.has(key);
    if (seen.has(key) || known || !matches.call(rule, node, ...more)) return false;
    if (!left) offered.set(key, node);
    return true;
  };

  const run = (runOnly) =>
    axe.run({
      ...{ resultTypes: ["violations", "incomplete"], selectors: false, elementRef: true },
      ...(runOnly.length ? { runOnly } : { rules: { "target-size": { enabled: true } } }), // WCAG 2.2
    });

  function unsettled(found) {
    const minded = [...found.violations, ...found.incomplete]
      .filter((each) => each.id === rule.id)
      .flatMap((each) => each.nodes.map((it) => it.element));
    return new Set(minded.map(colours));
  }

  const told = (found) =>
    found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) }));

  window.look = async ([rules, settled]) => {
    [seen, offered, left, lit] = [new Set(settled), new Map(), null, new Map()];
    const found = await run(rules);
    const minded = told(found);
    left = unsettled(found);
    const fresh = [...offered.keys()].filter((each) => !left.has(each));
    if (left.size) minded.push(...told(await run([rule.id])));
    return [minded, fresh, innerWidth, document.documentElement.scrollWidth];
  };
})();
