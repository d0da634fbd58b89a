// The jobs of a CronJob: what one looks like, which are to be kept, and the list of those that run in its status.
#pragma once

#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>
#include <vector>

#include "due.h"

namespace cleat::cronjob {

using batch_v1::Job;

// The same for the same time, so that none is made twice.
std::string jobName(const Object<CronJob>& cron, Seconds time);
Draft<Job> jobFor(const Object<CronJob>& cron, Seconds time, const batch::TimeZone& zone);

// The jobs that have ended and are more than are to be kept, the oldest of both kinds.
std::vector<Object<Job>> beyondHistory(const Object<CronJob>& cron, const std::vector<Object<Job>>& jobs);

bool isListed(batch_v1::CronJobStatus::Reader status, std::string_view uid);
bool isListedByName(batch_v1::CronJobStatus::Reader status, std::string_view name);
void addToList(batch_v1::CronJobStatus::Builder status, const Object<Job>& job);
void dropFromList(batch_v1::CronJobStatus::Builder status, std::string_view uid);

}  // namespace cleat::cronjob
