// The AI SDK's tool parser, in a folder of its own: replies as JSON lines in, what it reads as JSON lines out.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const folder = process.argv[2];
const where = createRequire(pathToFileURL(join(folder, "x.js"))).resolve("@ai-sdk-tool/parser");
const parsers = await import(pathToFileURL(where));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const tools = asked.tools.map((one) => ({
    type: "function", name: one.name, description: one.description, inputSchema: one.parameters,
  }));
  try {
    const made = parsers[asked.parser] ?? parsers.default[asked.parser];
    const parts = made().parseGeneratedText({ text: asked.text, tools, options: {} });
    const content = parts.filter((part) => part.type === "text").map((part) => part.text).join("");
    const calls = parts.filter((part) => part.type === "tool-call").map((part) => [part.toolName, part.input]);
    console.log(JSON.stringify({ content, calls }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
