// Prism's themes, with the one colour of each that has too little contrast on its background made readable.
const { themes } = require('prism-react-renderer');

const READABLE = {
  'rgb(255, 0, 0)': 'rgb(205, 0, 0)', // vsLight, names of attributes: 4.0:1 becomes 5.9:1
  'rgb(98, 114, 164)': 'rgb(160, 170, 210)', // dracula, comments: 3.0:1 becomes 6.2:1
};

const readable = (theme) => ({
  ...theme,
  styles: theme.styles.map(({ style, ...rest }) => ({
    ...rest,
    style: { ...style, ...(style.color in READABLE && { color: READABLE[style.color] }) },
  })),
});

module.exports = { light: readable(themes.vsLight), dark: readable(themes.dracula) };
