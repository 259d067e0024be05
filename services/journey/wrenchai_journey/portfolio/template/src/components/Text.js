/** Plain text in which `backticks` mark code, as the MDX pages show it. */
import React from 'react';

export default function Text({ children }) {
  const parts = String(children).split(/`([^`]+)`/);
  return parts.map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));
}
