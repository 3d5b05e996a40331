# What RT::Extension::Identities takes when RT_SiteConfig says nothing else. The manual is in the extension: perldoc
# RT::Extension::Identities.
Set(%Identities,
    # In this process: libhelpdesk_host, the plugin's manifest, its configuration.
    Library => 'libhelpdesk_host.so.1',
    Manifest => '/usr/share/identities/plugin.json',
    Config => '/etc/identities/identities.json',

    # Or by hdhost: the path of its Unix socket, and the key that signs RT's tokens. It takes no messages: the sweep must run.
    Socket => '',
    Token => { Secret => '/etc/identities/desk_token', Kid => 'desk', Audience => 'identities' },

    # RT's own account, and the other accounts that agents may see.
    Account => 'support',
    Accounts => {},

    # Milliseconds that a first reply may hold a page up, that a further reading may take, and a write.
    InlineBudget => 50,
    PanelBudget => 500,
    ActionBudget => 2000,

    # Milliseconds that a worker may take after a request to hand its messages over.
    HandoverBudget => 500,

    # How queues are copied into the history: whole, metadata (no text, subject or file names) or none; * for those that are not named.
    Queues => { '*' => 'whole' },

    # The statuses in which a ticket waits for its customer.
    WaitingStatuses => ['stalled'],

    # The folder of the sweep's and the import's state; nothing: identities, in RT's own folder.
    State => '',
);
1;
