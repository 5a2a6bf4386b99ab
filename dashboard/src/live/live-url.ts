export const LIVE_URL = "/api/llm-bot/live";
