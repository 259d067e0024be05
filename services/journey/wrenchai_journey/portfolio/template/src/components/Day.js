/** A date, written out the same on every machine: no clock and no time zone is asked. */
import React from 'react';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export default function Day({ iso }) {
  const [year, month, day] = iso.slice(0, 10).split('-').map(Number);
  return <time dateTime={iso.slice(0, 10)}>{`${day} ${MONTHS[month - 1]} ${year}`}</time>;
}
