module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  rules: {
    // What scrolls must be reachable by keyboard, or it can't be read without a mouse.
    'jsx-a11y/no-noninteractive-tabindex': [
      'error',
      { roles: ['tabpanel', 'log', 'region'] },
    ],
  },
});
