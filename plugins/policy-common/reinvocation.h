// Reinvocation: who of several that change an object is asked once more, because others have changed it since. What the
// first round leaves is kept as a text until the second, which every admission plugin may have
// (AdmissionRequest::keep).
//
//   Reinvocation again(request);
//   for (each of them) {
//     if (!again.asks(key)) continue;
//     …
//     if (changed) again.changed();
//     again.asked(key, wantsToBeAskedAgain);
//   }
//   again.keep(request);
#pragma once

#include <cleat/sdk/admission.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cleat::policy {

// Keys are names, without control characters.
class Reinvocation {
 public:
  explicit Reinvocation(const AdmissionRequest& request) : second_(request.again()) {
    std::string_view kept = request.kept();
    while (!kept.empty()) {
      const size_t end = kept.find(kEnd);
      const std::string_view entry = kept.substr(0, end);
      (entry.front() == kSeen ? seen_ : due_).emplace(entry.substr(1));
      kept.remove_prefix(end == kept.npos ? kept.size() : end + 1);
    }
    if (second_ && request.changedSince()) makeDue();
  }

  bool isSecond() const { return second_; }
  // In the second round nobody is asked for the first time.
  bool asks(std::string_view key) const { return !second_ || due_.contains(key); }
  // Whoever is being asked has changed the object.
  void changed() {
    changedAny_ = true;
    makeDue();
  }
  // Anybody here has, in this round.
  bool changedAny() const { return changedAny_; }
  // It has been asked, and has seen the object as it is now.
  void asked(std::string_view key, bool wantsAgain) {
    if (wantsAgain) seen_.emplace(key);
  }
  // Leaves to the second round what it has to know, and asks for it where anything was changed.
  void keep(AdmissionRequest& request) const {
    if (second_) return;
    std::string kept;
    for (const std::string& key : seen_) (kept += kSeen) += key + kEnd;
    for (const std::string& key : due_) (kept += kDue) += key + kEnd;
    request.keep(kept);
    if (changedAny_) request.askAgain();
  }

 private:
  using Keys = std::set<std::string, std::less<>>;
  static constexpr char kSeen = 's', kDue = 'd', kEnd = '\n';

  void makeDue() {
    due_.merge(seen_);
    seen_.clear();
  }

  const bool second_;
  bool changedAny_ = false;
  Keys seen_;  // those that want to be asked again and have seen the object as it is now
  Keys due_;   // those of them that have not
};

}  // namespace cleat::policy
