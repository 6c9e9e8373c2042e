"""smolagents' agent of tool calls: it demands a call in every turn and ends with a call of its own `final_answer`."""

# /// script
# dependencies = ["smolagents[openai]"]
# ///

from smolagents import OpenAIServerModel, ToolCallingAgent, tool
from weather import BRIDGE, DEGREES, MODEL, asked


@tool
def get_weather(city: str) -> str:
    """Report the weather of a city.

    Args:
        city: The city.
    """
    asked.append(city)
    return f"The final answer is that {city} has {DEGREES[city]} degrees."


model = OpenAIServerModel(model_id=MODEL, api_base=f"{BRIDGE}/v1", api_key="any")
agent = ToolCallingAgent(tools=[get_weather], model=model, max_steps=2, verbosity_level=0)
answer = agent.run("What is the weather in Oslo?")
# Of an argument that may be anything, the scripted model makes the name that it finds in the result.
if (asked, answer) != (["Oslo"], "Oslo"):
    raise SystemExit(f"the tool ran for {asked}, and the final answer is {answer!r}")
