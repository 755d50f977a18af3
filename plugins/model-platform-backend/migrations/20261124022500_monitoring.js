// @ts-check

/**
 * The embedded metrics store.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('metric_series', table => {
    table.comment(
      'One row a sample name with its labels; a histogram has one a bucket',
    );
    table.increments('id');
    table.string('fingerprint', 64).notNullable().unique();
    table.string('metric', 200).notNullable();
    table.string('kind', 10).notNullable().comment('counter or gauge');
    for (const label of [
      'system',
      'model',
      'version',
      'environment',
      'endpoint',
      'variant',
      'revision',
      'consumer',
      'code',
      'le',
    ]) {
      table.string(label, 255).notNullable().defaultTo('');
    }
    table
      .text('extra')
      .notNullable()
      .comment('Further labels that the metric catalogue allows, JSON');
    table.bigInteger('last_at').notNullable().comment('Unix time, seconds');
    table.index(['metric', 'model']);
  });

  await knex.schema.createTable('metric_points', table => {
    table.comment(
      'Increase of a counter, or last value of a gauge, in a span of time',
    );
    table.integer('series_id').notNullable();
    table
      .integer('resolution')
      .notNullable()
      .comment('Width of the span, seconds');
    table.bigInteger('start').notNullable().comment('Unix time, seconds');
    table.double('value').notNullable();
    table.double('highest').notNullable();
    table.primary(['series_id', 'resolution', 'start']);
    table.index(['resolution', 'start']);
  });

  await knex.schema.createTable('metric_targets', table => {
    table.comment('What is scraped; a restart shows in the start time');
    table.string('id', 255).primary();
    table
      .double('started_at')
      .comment('Unix time, seconds, as the target says');
    table
      .bigInteger('scraped_at')
      .notNullable()
      .comment('Unix time, milliseconds');
  });

  await knex.schema.createTable('metric_counters', table => {
    table.comment(
      'Value of each counter when it was last read, so that nothing is counted twice',
    );
    table.string('target', 255).notNullable();
    table.integer('series_id').notNullable();
    table.double('value').notNullable();
    table.primary(['target', 'series_id']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('metric_counters');
  await knex.schema.dropTable('metric_targets');
  await knex.schema.dropTable('metric_points');
  await knex.schema.dropTable('metric_series');
};
