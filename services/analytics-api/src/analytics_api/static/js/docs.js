// `/openapi.json` em forma legível, com um botão para experimentar cada rota.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items)}[]`;
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? "qualquer");
}

function describe(schema) {
  const limits = [
    ["minimum", "de"],
    ["maximum", "até"],
    ["default", "padrão"],
  ].flatMap(([key, word]) => (schema[key] == null ? [] : [`${word} ${schema[key]}`]));
  return [typeOf(schema), ...limits].join(", ");
}

function definitions(pairs) {
  const rows = pairs.flatMap(([term, text]) => [
    make("dt", {}, make("code", {}, term)),
    make("dd", {}, text),
  ]);
  return make("dl", {}, ...rows);
}

function section(title, ...content) {
  return [make("h3", {}, title), ...content];
}

function fieldsOf(operation, document_) {
  const ref = operation.responses["200"]?.content?.["application/json"]?.schema?.$ref;
  const schema = ref && document_.components.schemas[ref.split("/").pop()];
  if (!schema) return [];
  const pairs = Object.entries(schema.properties).map(([name, s]) => [name, describe(s)]);
  return section("Resposta", definitions(pairs));
}

function trial(path, parameters) {
  const inputs = parameters.map((p) =>
    make("input", { name: p.name, autocomplete: "off", ...(p.required && { required: "" }) }),
  );
  const labels = inputs.map((input) => make("label", {}, input.name, input));
  const form = make("form", {}, ...labels, make("button", { type: "submit" }, "Experimentar"));
  const output = make("pre", { hidden: "", tabindex: "0" });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams(inputs.filter((i) => i.value).map((i) => [i.name, i.value]));
    const filled = path.replace(/{(\w+)}/g, (_, name) => {
      const value = query.get(name);
      query.delete(name);
      return encodeURIComponent(value);
    });
    const url = query.size ? `${filled}?${query}` : filled;
    const answer = await fetch(url);
    output.hidden = false;
    output.textContent = `GET ${url}\n${answer.status}\n\n${await bodyOf(answer)}`;
  });
  return section("Experimentar", form, output);
}

/** Arrow não é texto. */
async function bodyOf(answer) {
  const type = answer.headers.get("content-type");
  if (type.includes("json")) return JSON.stringify(await answer.json(), null, 2);
  return type.startsWith("text/") ? answer.text() : `${(await answer.blob()).size} bytes de ${type}`;
}

function route(path, method, operation, document_) {
  const parameters = operation.parameters ?? [];
  const details = make(
    "details",
    { class: "cartao rota" },
    make(
      "summary",
      {},
      make("span", { class: "metodo" }, method.toUpperCase()),
      make("code", {}, path),
      make("span", { class: "nota" }, operation.description ?? operation.summary),
    ),
  );
  if (parameters.length) {
    details.append(
      ...section("Parâmetros", definitions(parameters.map((p) => [p.name, describe(p.schema)]))),
    );
  }
  details.append(...fieldsOf(operation, document_));
  const streams = operation.responses["200"]?.content?.["text/event-stream"];
  if (!streams) details.append(...trial(path, parameters));
  return details;
}

const document_ = await (await fetch("/openapi.json")).json();
const routes = Object.entries(document_.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => route(path, method, operation, document_)),
);
document.getElementById("rotas").replaceChildren(...routes);
