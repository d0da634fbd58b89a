#include "devices/wanted_devices.h"

namespace cleat::scheduling {
namespace {

using SelectorsReader = capnp::List<resource_v1::DeviceSelector>::Reader;

// Adds those of a class or a request; the first that is no expression is the error.
void addSelectors(SelectorsReader from, const std::string& whose, const DeviceState& state, DeviceChoice& choice,
                  std::string& error) {
  for (uint32_t i = 0; i < from.size(); ++i) {
    const Selector& selector = state.published().selectors().of(view(from[i].getCel().getExpression()));
    if (!selector.compiled.program) {
      if (error.empty()) {
        error = concat(whose, ": selector #", i, ": CEL compile error: ", selector.compiled.error);
      }
      return;
    }
    choice.selectors.push_back(&selector);
  }
}

template <class Request>
DeviceChoice readChoice(Request request, std::string name, const Object<ResourceClaim>& claim, const DeviceState& state,
                        std::string& error) {
  DeviceChoice choice{.name = std::move(name), .className = str(request.getDeviceClassName())};
  choice.request = choice.name.substr(0, choice.name.find('/'));
  const Object<DeviceClass> deviceClass = state.classes().get(choice.className);
  if (!deviceClass && error.empty()) {
    error = concat("request ", choice.name, ": device class ", choice.className, " does not exist");
  }
  if (deviceClass) {
    addSelectors(deviceClass->getSpec().getSelectors(), concat("class ", choice.className), state, choice, error);
  }
  addSelectors(request.getSelectors(), concat("claim ", claim.key()), state, choice, error);
  choice.all = view(request.getAllocationMode()) == "All";
  choice.count = static_cast<size_t>(std::max<int64_t>(request.getCount(), 1));
  choice.tolerations = request.getTolerations();
  for (auto entry : request.getCapacity().getRequests()) {
    choice.capacity.emplace_back(str(entry.getKey()), Quantity::parseOrZero(entry.getValue()));
  }
  return choice;
}

}  // namespace

WantedDevices readWanted(const Object<ResourceClaim>& claim, const DeviceState& state) {
  WantedDevices wanted{.claim = claim, .requests = {}, .error = {}};
  for (auto from : claim->getSpec().getDevices().getRequests()) {
    DeviceRequest request;
    if (from.hasExactly()) {
      request.choices.push_back(readChoice(from.getExactly(), str(from.getName()), claim, state, wanted.error));
      request.choices.back().adminAccess = from.getExactly().getAdminAccess().getValue();
    }
    for (auto choice : from.getFirstAvailable()) {
      std::string name = concat(from.getName(), "/", choice.getName());
      request.choices.push_back(readChoice(choice, std::move(name), claim, state, wanted.error));
    }
    wanted.requests.push_back(std::move(request));
  }
  return wanted;
}

bool refersTo(std::string_view name, const DeviceChoice& choice) {
  return name == choice.name || name == choice.request;
}

}  // namespace cleat::scheduling
