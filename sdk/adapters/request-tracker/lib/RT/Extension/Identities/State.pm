# What a command of the flow remembers from one run to the next: a file of JSON, replaced whole, with a lock beside it
# that one process holds.
package RT::Extension::Identities::State;
use strict;
use warnings;

use Fcntl qw(:flock);
use IO::Handle ();
use JSON ();

my $json = JSON->new->utf8->canonical->pretty;

# open($folder, $name): locked, or nothing when another process has it. Dies with a line when the folder or the file is
# of no use.
sub open {
    my ($class, $folder, $name) = @_;
    my $path = "$folder/$name";
    CORE::open my $lock, '>>', "$path.lock" or die "$path.lock: $!; the user that runs RT must own $folder\n";
    _leave_to_owner($folder, $lock);
    flock $lock, LOCK_EX | LOCK_NB or return;
    return bless { folder => $folder, path => "$path.json", lock => $lock, data => scalar of($folder, $name) }, $class;
}

# of($folder, $name): what is remembered, without the lock, to be read alone; nothing before the first save. Dies as
# open.
sub of {
    my ($folder, $name) = @_;
    my $path = "$folder/$name.json";
    CORE::open my $file, '<:raw', $path or $!{ENOENT} ? return : die "$path: $!\n";
    local $/ = undef;
    my $data = eval { $json->decode(<$file>) };
    die "$path: expected the state of an earlier run, found something else; move it away to begin anew\n"
        unless ref $data eq 'HASH';
    return $data;
}

# Whoever runs it once as root must not keep RT's own user out from then on.
sub _leave_to_owner {
    my ($folder, $file) = @_;
    chown((stat $folder)[4, 5], $file) if $> == 0;
    return;
}

# A reference to what is remembered; nothing before the first save.
sub data { return $_[0]{data} }

# save($data): durable when it returns. At any moment the file is the old one or the new one.
sub save {
    my ($self, $data) = @_;
    $self->{data} = $data;
    my $new = "$self->{path}.new";
    CORE::open my $file, '>:raw', $new or die "$new: $!\n";
    _leave_to_owner($self->{folder}, $file);
    print {$file} $json->encode($data) or die "$new: $!\n";
    $file->flush && $file->sync or die "$new: $!\n";
    close $file or die "$new: $!\n";
    rename $new, $self->{path} or die "$self->{path}: $!\n";
    return;
}

1;
