/** A project's languages: a bar for the eye, a list for everybody. */
import React from 'react';

const percent = (share) => (share < 1 ? '<1' : String(Math.round(share)));

export function LanguageBar({ languages }) {
  if (languages.length === 0) return null;
  const spoken = languages.map(({ name, percent: share }) => `${name} ${percent(share)} percent`).join(', ');
  return (
    <div className="langbar" role="img" aria-label={`Languages: ${spoken}`}>
      {languages.map(({ name, percent: share, color }) => (
        <span key={name} style={{ flexGrow: share, backgroundColor: color }} />
      ))}
    </div>
  );
}

export function LanguageList({ languages, limit = 3 }) {
  if (languages.length === 0) return null;
  return (
    <ul className="langs">
      {languages.slice(0, limit).map(({ name, percent: share, color }) => (
        <li key={name}>
          <span className="langs__dot" style={{ backgroundColor: color }} aria-hidden="true" />
          {name} <span className="langs__share">{percent(share)}&nbsp;%</span>
        </li>
      ))}
    </ul>
  );
}
