#include "core/gate/conversion.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/gate/by_schema.h"
#include "core/gate/calls.h"
#include "core/gate/untouchable.h"
#include "core/gate/waiting_call.h"
#include "core/object/codec.h"

namespace cleat::gate {
namespace {

// Asked for at once, so that the plugin's strand is free for others in between.
constexpr size_t kBatch = 256;

Task<Result<std::vector<Ref<const Message>>>> askFor(Roles& roles, object::KindRef from, object::KindRef to,
                                                     Arguments objects, bus::RequestPlace* place) {
  bus::Target target;
  target.kind = from;
  const Arguments given = objects;
  auto fill = [&](role::ConvertParams::Builder builder) {
    fillRef(builder.initRef(), target);
    builder.setVersion(to->version);
  };
  RoleCall call = makeCall(role::kinds::convert, fill, std::move(objects));
  const RoleAnswer answer = co_await callWaiting(roles, to->plugin, std::move(call), place);
  if (answer.status != CLEAT_OK) co_return fail(callError(answer, to->plugin));
  if (answer.objects.size() != given.size()) {
    co_return fail(Status::internal(concat("plugin ", to->plugin, " converted ", answer.objects.size(), " of ",
                                           given.size(), " ", from->resource(), " to ", to->apiVersion())));
  }
  std::vector<Ref<const Message>> converted;
  for (size_t i = 0; i < given.size(); ++i) {
    const Ref<Message>& made = answer.objects[i];
    if (Result<void> read = object::verify(*to, made->words()); !read) {
      co_return fail(Status::internal(concat("plugin ", to->plugin, " gave an object that is no ", to->apiVersion(),
                                             " ", to->name, ": ", read.error().message)));
    }
    CLEAT_CO_TRY(checkUntouched(Reach::kind, *to, *given[i].message, *made, to->plugin));
    CLEAT_CO_TRY(Ref<const Message> shaped, bySchema(*to, made));
    converted.push_back(std::move(shaped));
  }
  co_return converted;
}

Task<Result<void>> convertBatch(Roles& roles, object::KindRef kind, std::vector<ObjectRef> batch,
                                bus::RequestPlace* place) {
  Arguments arguments;
  arguments.reserve(batch.size());
  for (const ObjectRef& object : batch) arguments.push_back({object->message(), object->revision()});
  object::KindRef from = object::KindRef::share(&batch.front()->kind());
  auto asked = askFor(roles, from, kind, std::move(arguments), place);
  CLEAT_CO_TRY(std::vector<Ref<const Message>> made, co_await std::move(asked));
  for (size_t i = 0; i < batch.size(); ++i) {
    std::string json = object::encodeJson(*kind, made[i]->words());
    batch[i]->keepConverted(makeRef<const object::Object>(*kind, batch[i]->ns(), batch[i]->name(), batch[i]->revision(),
                                                          std::move(json), made[i]));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> convertTo(Roles& roles, object::KindRef kind, std::vector<ObjectRef> objects,
                             bus::RequestPlace* place) {
  std::erase_if(objects, [&](const ObjectRef& object) { return object->isAt(*kind); });
  // Those of one version together.
  std::ranges::stable_sort(objects, {}, [](const ObjectRef& object) { return &object->kind(); });
  for (size_t begin = 0; begin < objects.size();) {
    std::vector<ObjectRef> batch;
    for (; begin < objects.size() && batch.size() < kBatch; ++begin) {
      if (!batch.empty() && &objects[begin]->kind() != &batch.front()->kind()) break;
      batch.push_back(objects[begin]);
    }
    auto pending = convertBatch(roles, kind, std::move(batch), place);
    CLEAT_CO_TRY(co_await std::move(pending));
  }
  co_return Result<void>();
}

Task<Result<Ref<const Message>>> converted(Roles& roles, object::KindRef from, object::KindRef to,
                                           Ref<const Message> object, bus::RequestPlace* place) {
  if (!from->isConvertedTo(*to)) co_return object;
  Arguments arguments;
  arguments.push_back({std::move(object), 0});
  auto asked = askFor(roles, from, to, std::move(arguments), place);
  CLEAT_CO_TRY(std::vector<Ref<const Message>> made, co_await std::move(asked));
  co_return std::move(made.front());
}

}  // namespace cleat::gate
