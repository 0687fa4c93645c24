/* Shows /openapi.json: every operation with its parameters, bodies and answers. Text only ever goes in as text. */

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function resolve(api, schema) {
  if (!schema || !schema.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((place, key) => place[key], api);
}

/** An example of a schema: its own one, or one made from its fields. */
function example(api, given, depth = 0) {
  const schema = resolve(api, given);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return example(api, choices[0], depth);
  if (depth > 6) return null;
  if (schema.type === "array") return schema.items ? [example(api, schema.items, depth + 1)] : [];
  if (schema.type === "object" || schema.properties) {
    const fields = Object.entries(schema.properties ?? {});
    return Object.fromEntries(fields.map(([name, field]) => [name, example(api, field, depth + 1)]));
  }
  return { string: "…", integer: 0, number: 0, boolean: true }[schema.type] ?? null;
}

function body(api, title, content) {
  const json = content?.["application/json"];
  if (!json?.schema) return [];
  const text = JSON.stringify(example(api, json.schema), null, 2);
  return [element("h4", {}, title), element("pre", { tabindex: "0" }, text)];
}

function parameters(list) {
  if (!list?.length) return [];
  const rows = list.map((parameter) =>
    element(
      "tr",
      {},
      element("td", {}, element("code", {}, parameter.name)),
      element("td", {}, `${parameter.in}${parameter.required ? ", required" : ""}`),
      element("td", {}, parameter.description ?? ""),
    ),
  );
  return [element("h4", {}, "Parameters"), element("table", {}, ...rows)];
}

function answers(api, responses) {
  return Object.entries(responses).flatMap(([status, response]) =>
    status.startsWith("2")
      ? [...body(api, `Answer ${status}`, response.content)]
      : [element("div", {}, element("code", {}, status), ` ${response.description ?? ""}`)],
  );
}

function operation(api, path, method, said) {
  const closed = said.security?.length ? " · needs a token" : "";
  return element(
    "details",
    { id: said.operationId },
    element(
      "summary",
      {},
      element("span", { class: "method" }, method.toUpperCase()),
      element("span", { class: "path" }, path),
      closed,
    ),
    element(
      "div",
      { class: "operation" },
      element("p", {}, said.description ?? said.summary ?? ""),
      ...parameters(said.parameters),
      ...body(api, "Body", said.requestBody?.content),
      ...answers(api, said.responses),
    ),
  );
}

function show(api) {
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = item[method].tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), operation(api, path, method, item[method])]);
    }
  }
  const sections = [...groups].flatMap(([tag, list]) => [element("h2", {}, tag), ...list]);
  document.getElementById("page").replaceChildren(
    element("h1", {}, `${api.info.title} ${api.info.version}`),
    element("p", {}, api.info.description ?? ""),
    element("p", {}, element("a", { href: "/openapi.json" }, "openapi.json")),
    ...sections,
  );
}

try {
  const response = await fetch("/openapi.json");
  show(await response.json());
} catch {
  document.getElementById("page").textContent = "The description could not be loaded.";
}
