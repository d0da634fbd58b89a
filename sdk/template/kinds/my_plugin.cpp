// Brings the kind Ticket (my-plugin.example/v1): its facts, what is filled in, what is wrong, and what kubectl shows.
#include "my_plugin.capnp.h"

#include <cleat/sdk/kind.h>
#include <cleat/sdk/meta.h>
#include <kinds-common/kinds_plugin.h>

#include <cctype>

template <>
struct cleat::KindOf<my_plugin::Ticket> {
  static constexpr Resource resource{"my-plugin.example", "v1", "tickets", "Ticket", true};
};

namespace {

using namespace cleat;
using namespace cleat::kinds;
using my_plugin::Ticket;

// Fills in what the client has left out.
void setDefaults(Ticket::Builder ticket, const Change<Ticket>&) {
  auto spec = ticket.getSpec();
  if (!spec.hasGuests()) spec.initGuests().setValue(0);
}

// Every wrong field is named, not only the first.
void check(const Change<Ticket>& change, Findings& findings) {
  auto spec = change.object.getSpec();
  const Path path("spec");
  const std::string_view seat = view(spec.getSeat());
  const bool good = seat.size() >= 2 && std::isupper(static_cast<unsigned char>(seat[0])) &&
                    seat.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (seat.empty()) {
    findings.required(path / "seat");
  } else if (!good) {
    findings.invalid(path / "seat", seat, "must be a capital letter and a number");
  }
  if (spec.getGuests().getValue() < 0) {
    findings.invalid(path / "guests", spec.getGuests().getValue(), "must not be negative");
  }
}

void print(Ticket::Reader ticket, Cells& cells) {
  cells.text(ticket.getMetadata().getName());
  cells.text(ticket.getSpec().getSeat());
  cells.text(ticket.getStatus().getPhase());
  cells.age(ticket.getMetadata().getCreationTimestamp());
}

class MyPlugin : public KindsPlugin {
 public:
  explicit MyPlugin(Context& context) : KindsPlugin(context) {
    table().add<Ticket>({.structFile = "my_plugin.capnp",
                         .shortNames = {"tk"},
                         .columns = {nameColumn(),
                                     {"Seat", "string", "Which seat was asked for."},
                                     {"Phase", "string", "What has become of it."},
                                     ageColumn()},
                         .hasStatus = true},
                        {setDefaults, check, print});
  }
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "kinds",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
