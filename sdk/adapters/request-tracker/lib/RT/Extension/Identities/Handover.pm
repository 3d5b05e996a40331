# Hands the transactions of a request over once it is over. Whatever fails here is the sweep's; nothing is tried twice.
package RT::Extension::Identities::Handover;
use strict;
use warnings;

use RT::Extension::Identities::Delivery;
use RT::Extension::Identities::Engagement;
use RT::Extension::Identities::Host;

# What one request may take. Of what has more, as the move of a long ticket, the beginning is handed over, which hides
# what nobody may see any more; the sweep hands over the rest.
use constant MAX_ITEMS => 100;

# hand_over(@ids): ids of transactions; one that was rolled back is not there.
sub hand_over {
    my (@ids) = @_;
    my $settings = RT::Extension::Identities::Host::settings();
    # hdhost takes no events from a helpdesk: there the sweep, a process of its own, hands all over.
    return if length $settings->{Socket};
    if (my $fault = RT::Extension::Identities::Engagement::unknown_queues($settings)) {
        RT::Extension::Identities::Host::tell_once($fault);
        return;
    }
    my @groups;
    my $room = MAX_ITEMS;
    for my $id (sort { $a <=> $b } @ids) {
        my $transaction = RT::Transaction->new(RT->SystemUser);
        $transaction->Load($id);
        next unless $transaction->id;
        my @items = RT::Extension::Identities::Engagement::items($transaction, $settings) or next;
        splice @items, $room if @items > $room;
        push @groups, { id => $id, items => \@items };
        last if ($room -= @items) <= 0;
    }
    return unless @groups;
    my $delivery = RT::Extension::Identities::Delivery->new(account => $settings->{Account}, send => \&_send);
    # Refusals are told by the sweep, which meets them again and notes them.
    $delivery->deliver(\@groups, sub { });
    return;
}

sub _send {
    my ($body) = @_;
    return RT::Extension::Identities::Host::call(
        kind => 'event', id => 'engagement', context => {}, body => $body, request_id => "handover-$$",
        budget_ms => RT::Extension::Identities::Host::settings()->{HandoverBudget},
    );
}

1;
