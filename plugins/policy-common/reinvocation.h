// Reinvocation: whose turn it is among several that change an object. Each is asked once a round, and sees what those
// before it have changed with the kind's defaults filled in: for that the plugin stops, and goes on where it was. In
// the second round those are asked that want it, because others have changed the object since. What has to be known
// later is kept as a text, which every admission plugin may have (AdmissionRequest::keep).
//
//   Reinvocation again(request);
//   for (each of them) {
//     if (!again.asks(key)) continue;
//     if (again.hasToStop()) {  // unless it is known not to look at the object
//       again.stop();
//       break;
//     }
//     again.begins(key);
//     …
//     if (changed) again.changed();
//     if (wantsToBeAskedAgain) again.hasSeen(key);
//   }
//   again.keep(request);
#pragma once

#include <cleat/sdk/admission.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cleat::policy {

// Keys are names, without control characters.
class Reinvocation {
 public:
  explicit Reinvocation(const AdmissionRequest& request) : second_(request.again()), deadline_(request.deadline()) {
    std::string_view kept = request.kept();
    while (!kept.empty()) {
      const size_t end = kept.find(kEnd);
      if (end > 0) read(kept.substr(0, end));
      kept.remove_prefix(end == kept.npos ? kept.size() : end + 1);
    }
    if (second_ && request.changedSince()) makeDue();
  }

  bool isSecond() const { return second_; }
  // Until when all of this round have to be answered, however often it stops.
  Instant deadline() const { return deadline_; }
  // Whether it is still to be asked in this round: in the second one nobody is for the first time.
  bool asks(std::string_view key) const { return !done_.contains(key) && (!second_ || due_.contains(key)); }
  // The object has been changed and is not filled in: nobody sees it like that.
  bool hasToStop() const { return changedHere_; }
  void stop() { stops_ = true; }
  bool hasStopped() const { return stops_; }
  // In the midst of what has a key and several steps: so many of them are done.
  void stopWithin(std::string_view key, size_t steps) {
    stop();
    within_ = key;
    steps_ = steps;
  }
  // How many steps of it were done when it stopped; 0: it has not been begun.
  size_t stepsOf(std::string_view key) const { return within_ == key ? steps_ : 0; }

  // Its turn has come: it is not asked again in this round.
  void begins(std::string_view key) { done_.emplace(key); }
  // Whoever is being asked has changed the object.
  void changed() {
    changedHere_ = changedAny_ = true;
    makeDue();
  }
  // Anybody here has, in this round.
  bool changedAny() const { return changedAny_; }
  // It has been asked, has seen the object as it is now, and wants to be asked again.
  void hasSeen(std::string_view key) { seen_.emplace(key); }
  // Leaves to the next time what has to be known: to the second round, and asks for it where anything was changed, or
  // to the rest of this one.
  void keep(AdmissionRequest& request) const {
    if (stops_) request.goOn();
    if (changedHere_) request.fillIn();
    if (second_ && !stops_) return;
    request.keep(written());
    if (changedAny_) request.askAgain();
  }

 private:
  using Keys = std::set<std::string, std::less<>>;
  static constexpr char kSeen = 's', kDue = 'd', kEnd = '\n';
  // Of a round that has stopped.
  static constexpr char kDone = 'x', kDeadline = 't', kSteps = 'n', kWithin = 'w', kChanged = 'c';

  void makeDue() {
    due_.merge(seen_);
    seen_.clear();
  }

  void read(std::string_view entry) {
    const std::string_view value = entry.substr(1);
    switch (entry.front()) {
      case kSeen: seen_.emplace(value); break;
      case kDue: due_.emplace(value); break;
      case kDone: done_.emplace(value); break;
      case kWithin: within_ = value; break;
      case kSteps: steps_ = static_cast<size_t>(number(value)); break;
      case kChanged: changedAny_ = true; break;
      case kDeadline: deadline_ = std::min(deadline_, Instant(Duration(number(value)))); break;
      default: break;
    }
  }
  static int64_t number(std::string_view text) {
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  std::string written() const {
    std::string kept;
    const auto write = [&](char what, std::string_view value) { ((kept += what) += value) += kEnd; };
    for (const std::string& key : seen_) write(kSeen, key);
    for (const std::string& key : due_) write(kDue, key);
    if (!stops_) return kept;
    for (const std::string& key : done_) write(kDone, key);
    if (changedAny_) write(kChanged, {});
    write(kDeadline, std::to_string(deadline_.time_since_epoch().count()));
    if (within_.empty()) return kept;
    write(kWithin, within_);
    write(kSteps, std::to_string(steps_));
    return kept;
  }

  const bool second_;
  Instant deadline_;
  bool changedAny_ = false;   // in this round
  bool changedHere_ = false;  // since the object came
  bool stops_ = false;
  Keys seen_;           // those that want to be asked again and have seen the object as it is now
  Keys due_;            // those of them that have not
  Keys done_;           // those whose turn in this round is over
  std::string within_;  // the one that is not, and how much of it is
  size_t steps_ = 0;
};

}  // namespace cleat::policy
