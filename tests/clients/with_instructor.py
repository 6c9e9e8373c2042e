"""Instructor: an answer in the form of a model of Pydantic's, asked for by a forced call."""

# /// script
# dependencies = ["instructor", "openai"]
# ///

import instructor
from openai import OpenAI
from pydantic import BaseModel
from weather import BRIDGE, MODEL


class Weather(BaseModel):
    """The city whose weather is asked for."""

    city: str


client = instructor.from_openai(OpenAI(base_url=f"{BRIDGE}/v1", api_key="any"), mode=instructor.Mode.TOOLS)
asked = [{"role": "user", "content": "What is the weather in Oslo?"}]
answer = client.chat.completions.create(model=MODEL, messages=asked, response_model=Weather)
if answer.city != "Oslo":
    raise SystemExit(f"the answer is {answer!r}")
