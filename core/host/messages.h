// The messages that cross to and from plugins: making them, and turning statuses and answers into them and back.
#pragma once

#include <capnp/any.h>
#include <capnp/message.h>
#include <cleat/schema/bus.methods.h>
#include <cleat_abi.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/gate/plugin_roles.h"
#include "core/object/message.h"
#include "core/object/schema/shape_plan.h"

namespace cleat::host {

using gate::Argument;
using gate::Arguments;
using gate::RoleAnswer;
using gate::RoleCall;
using object::makeMessage;
using object::Message;

// A message on its way to a plugin, with the objects that go along, all well-formed.
struct Payload {
  Ref<const Message> message;
  Arguments objects;
};

// A call's end, on its way to the plugin that made it.
struct Outcome {
  cleat_status status = CLEAT_OK;
  Payload payload;
};

// A struct with nothing in it: a method's empty parameters or results.
Ref<const Message> emptyMessage();

void setTexts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts);
std::string textOf(capnp::Text::Reader text);

Ref<const Message> encodeStatus(const Status& status);
// What a plugin said about a call that it did not end with CLEAT_OK; `otherwise` where it said nothing.
Status decodeStatus(const Message& message, Status otherwise);
// What results a call has in its Status; null where there are none, or none of that shape.
Ref<const Message> resultsBeside(const Message& status, const object::ShapePlan* shape);

// For a plugin's caller: how a call ends that the host could not make.
RoleAnswer answerOf(cleat_status status, Status error);
// For a plugin that called: the same, and a failed Cluster call.
Outcome outcomeOf(cleat_status status, const Status& error);
Outcome outcomeOf(const Status& error);
Outcome outcomeOf(RoleAnswer answer);

// Takes what a plugin passed: every message is checked and copied. `what` begins the error.
Result<RoleAnswer> takePayload(const cleat_payload* payload);

}  // namespace cleat::host
