import type { ComponentChildren, VNode } from "preact";

/** Elements of what a component gives, without those of the components within: no browser is needed to look at them. */
export function elementsOf(children: ComponentChildren): VNode<Record<string, unknown>>[] {
  if (Array.isArray(children)) return children.flatMap(elementsOf);
  if (typeof children !== "object" || children === null || !("props" in children)) return [];
  const node = children as VNode<Record<string, unknown>>;
  return [node, ...elementsOf(node.props.children)];
}

export function textOf(children: ComponentChildren): string {
  if (Array.isArray(children)) return children.map(textOf).join("");
  if (typeof children === "string" || typeof children === "number") return String(children);
  if (typeof children !== "object" || children === null || !("props" in children)) return "";
  return textOf((children as VNode).props.children);
}

/** The words of the first element of this type and class. */
export function wordsIn(children: ComponentChildren, type: string, name?: string): string | undefined {
  const found = elementsOf(children).find(
    (node) => node.type === type && (name === undefined || String(node.props.class).split(" ").includes(name)),
  );
  return found && textOf(found);
}
