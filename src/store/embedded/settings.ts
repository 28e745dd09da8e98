/**
 * How the embedded server is set: small at idle, private to this machine, quiet about data.
 *
 * `log_min_messages=log` keeps statements and values of failed ones out of the output: they may be health data.
 */
export function settingsOf(socket: string, durable: boolean): readonly string[] {
  return [
    'listen_addresses=',
    `unix_socket_directories=${socket}`,
    'unix_socket_permissions=0700',
    'max_connections=60',
    'max_locks_per_transaction=128',
    'shared_buffers=128MB',
    'io_method=sync',
    'max_logical_replication_workers=0',
    'jit=off',
    'max_wal_size=2GB',
    'checkpoint_timeout=15min',
    'log_min_messages=log',
    'log_min_error_statement=panic',
    'log_checkpoints=off',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
}
