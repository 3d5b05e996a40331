# What RT's shredder removes leaves no trace in RT's database. So the process that removes it writes a line first, into
# a file that only the sweep takes away; a line is true once its row is gone. Whatever ends either process loses
# nothing.
#
# FOLDER/gone          the file that is written to, one line each:
#                      SECONDS ticket|transaction ID, or SECONDS changed ID ATTACHMENT
# FOLDER/gone.NUMBER   one that the sweep took over and has not finished
package RT::Extension::Identities::Gone;
use strict;
use warnings;

use Fcntl qw(:flock :seek);
use IO::Handle ();
use RT::Extension::Identities::Settings;

my %is_message = map { $_ => 1 } qw(Create Correspond Comment);

# note($record): a record that is being removed within RT's database transaction. Dies when it cannot be written down.
sub note {
    my ($record) = @_;
    if ($record->isa('RT::Ticket')) { _write(ticket => $record->id) }
    elsif ($record->isa('RT::Transaction')) {
        _write(transaction => $record->id)
            if $record->__Value('ObjectType') eq 'RT::Ticket' && $is_message{ $record->__Value('Type') };
    } elsif ($record->isa('RT::Attachment')) {
        _write(changed => $record->__Value('TransactionId'), $record->id);
    }
    return;
}

sub _write {
    my (@words) = @_;
    append(RT::Extension::Identities::Settings::folder(), join(' ', time, @words) . "\n");
    return;
}

# append($folder, @lines): durable when it returns.
sub append {
    my ($folder, @lines) = @_;
    my $path = "$folder/gone";
    while (1) {
        open my $file, '>>', $path or die "$path: $!\n";
        flock $file, LOCK_EX or die "$path: $!\n";
        # The sweep may have taken it over between the two.
        my ($mine, $now) = map { join ' ', (stat $_)[0, 1] } $file, $path;
        next unless $mine eq $now;
        # Whoever runs the shredder as root leaves the file to the folder's owner, who sweeps.
        chown((stat $folder)[4, 5], $file) if $> == 0;
        print {$file} @lines or die "$path: $!\n";
        $file->flush && $file->sync or die "$path: $!\n";
        return;
    }
}

# files($folder): paths of what is to be looked at, the oldest first; what was written until now is among them.
sub files {
    my ($folder) = @_;
    my @files = sort { ($a =~ /(\d+)$/)[0] <=> ($b =~ /(\d+)$/)[0] } glob "\Q$folder\E/gone.[0-9]*";
    if (open my $file, '+<', "$folder/gone") {
        flock $file, LOCK_EX;
        if (-s $file) {
            my $next = 1 + (@files ? ($files[-1] =~ /(\d+)$/)[0] : 0);
            rename "$folder/gone", "$folder/gone.$next" or die "$folder/gone: $!\n";
            push @files, "$folder/gone.$next";
        }
    }
    return @files;
}

# lines($path): {time, kind, id, attachment, line} of each whole line.
sub lines {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    my @lines;
    for my $line (<$file>) {
        my ($time, $kind, $id, $attachment) = $line =~ /^(\d+) (ticket|transaction|changed) (\d+)(?: (\d+))?\n\z/
            or next;
        push @lines, { time => $time, kind => $kind, id => $id, attachment => $attachment, line => $line };
    }
    return @lines;
}

1;
