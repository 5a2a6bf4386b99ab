"""Keys and addresses of model providers, under the names that the providers themselves use."""

from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings

SDK_EXTRAS: Final = {
    "bedrock": "bedrock",
    "bedrock-mantle": "bedrock-mantle",
    "cohere": "cohere",
    "google": "google",
    "google-cloud": "google",
    "groq": "groq",
    "huggingface": "huggingface",
    "mistral": "mistral",
    "xai": "xai",
}
"""Providers whose SDK does not come with the bot, and the extra of pydantic-ai-slim that has it."""

NEEDED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "alibaba": (("alibaba_api_key", "dashscope_api_key"),),
    "anthropic": (("anthropic_api_key",),),
    "azure": (("azure_openai_api_key",), ("azure_openai_endpoint",)),
    "azure-responses": (("azure_openai_api_key",), ("azure_openai_endpoint",)),
    "cerebras": (("cerebras_api_key",),),
    "cohere": (("co_api_key",),),
    "crusoe": (("crusoe_api_key",),),
    "deepseek": (("deepseek_api_key",),),
    "fireworks": (("fireworks_api_key",),),
    "github": (("github_api_key",),),
    "google": (("google_api_key", "gemini_api_key"),),
    "groq": (("groq_api_key",),),
    "heroku": (("heroku_inference_key",),),
    "huggingface": (("hf_token",),),
    "local": (("openai_base_url",),),
    "meta": (("meta_api_key",),),
    "mistral": (("mistral_api_key",),),
    "moonshotai": (("moonshotai_api_key",),),
    "nebius": (("nebius_api_key",),),
    "ollama": (("ollama_base_url",),),
    "openai": (("openai_api_key",),),
    "openai-chat": (("openai_api_key",),),
    "openai-responses": (("openai_api_key",),),
    "openrouter": (("openrouter_api_key",),),
    "ovhcloud": (("ovhcloud_api_key",),),
    "sambanova": (("sambanova_api_key",),),
    "snowflake": (("snowflake_account",), ("snowflake_token",)),
    "together": (("together_api_key",),),
    "vercel": (("vercel_ai_gateway_api_key", "vercel_oidc_token"),),
    "vllm": (("vllm_base_url",),),
    "xai": (("xai_api_key",),),
    "zai": (("zai_api_key",),),
}
"""What each provider needs: of every group one setting."""


def _key() -> str | None:
    key: str | None = Field(None, repr=False)
    return key


class ProviderSettings(BaseSettings):
    """The settings that go to a provider as they are; secrets stay out of repr."""

    alibaba_api_key: str | None = _key()
    dashscope_api_key: str | None = _key()
    azure_openai_api_key: str | None = _key()
    azure_openai_endpoint: str | None = None
    openai_api_version: str | None = None
    aws_access_key_id: str | None = _key()
    aws_secret_access_key: str | None = _key()
    aws_session_token: str | None = _key()
    aws_bearer_token_bedrock: str | None = _key()
    aws_default_region: str | None = None
    cerebras_api_key: str | None = _key()
    co_api_key: str | None = _key()
    co_base_url: str | None = None
    crusoe_api_key: str | None = _key()
    deepseek_api_key: str | None = _key()
    fireworks_api_key: str | None = _key()
    github_api_key: str | None = _key()
    google_api_key: str | None = _key()
    gemini_api_key: str | None = _key()
    google_cloud_project: str | None = None
    google_cloud_location: str | None = None
    google_application_credentials: str | None = None
    groq_api_key: str | None = _key()
    groq_base_url: str | None = None
    heroku_inference_key: str | None = _key()
    heroku_inference_url: str | None = None
    hf_token: str | None = _key()
    meta_api_key: str | None = _key()
    mistral_api_key: str | None = _key()
    moonshotai_api_key: str | None = _key()
    moonshotai_base_url: str | None = None
    nebius_api_key: str | None = _key()
    ollama_base_url: str | None = None
    ollama_api_key: str | None = _key()
    openrouter_api_key: str | None = _key()
    ovhcloud_api_key: str | None = _key()
    pydantic_ai_gateway_api_key: str | None = _key()
    pydantic_ai_gateway_base_url: str | None = None
    sambanova_api_key: str | None = _key()
    sambanova_base_url: str | None = None
    snowflake_account: str | None = None
    snowflake_token: str | None = _key()
    together_api_key: str | None = _key()
    vercel_ai_gateway_api_key: str | None = _key()
    vercel_oidc_token: str | None = _key()
    vllm_base_url: str | None = None
    vllm_api_key: str | None = _key()
    xai_api_key: str | None = _key()
    zai_api_key: str | None = _key()

    @property
    def provider_environment(self) -> dict[str, str]:
        """What is set of them, by the name that the provider reads."""
        found = {name: getattr(self, name) for name in ProviderSettings.model_fields}
        return {name.upper(): value for name, value in found.items() if value}

    def missing_for(self, decider: str) -> list[str]:
        """The settings that the model `decider` needs and that are not set, "A or B"."""
        groups = NEEDED.get(decider.partition(":")[0], ()) if ":" in decider else ()
        return [
            " or ".join(name.upper() for name in group)
            for group in groups
            if not any(getattr(self, name, None) for name in group)
        ]
