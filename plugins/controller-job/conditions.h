// The conditions of a job, as its controller writes them.
#pragma once

#include <optional>

#include "assessment.h"

namespace cleat::job {

// What is told when a job pauses or goes on.
struct Note {
  const char* type;
  std::string reason, message;
};

// The conditions Suspended and the time of the start, which begins anew when the job goes on.
std::optional<Note> noteSuspension(const Object<Job>& job, WallTime now, batch_v1::JobStatus::Builder status);

// That it is certain how the job ends: FailureTarget or SuccessCriteriaMet.
void announce(const Verdict& verdict, WallTime now, batch_v1::JobStatus::Builder status);
// That it has ended: Failed or Complete.
void conclude(const Verdict& verdict, WallTime now, batch_v1::JobStatus::Builder status);

}  // namespace cleat::job
