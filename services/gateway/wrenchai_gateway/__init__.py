"""The one public door: REST, WebSocket, projections."""
