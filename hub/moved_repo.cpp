// SPDX-License-Identifier: Apache-2.0
#include "hub/moved_repo.h"

#include "hub/host_roles.h"
#include "hub/regular_file.h"
#include "hub/route.h"

namespace weir::hub {
namespace {

// 303 means another thing: look there with GET.
bool leads_on(int status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

bool is_of_a_repository(RouteKind kind) {
  return kind == RouteKind::resolve || kind == RouteKind::listing;
}

bool is_same_elsewhere(const Route& asked, const Route& there) {
  auto renamed = asked;
  renamed.file.repo = there.file.repo;
  return is_of_a_repository(asked.kind) && renamed == there && asked.file.repo != there.file.repo;
}

}  // namespace

std::optional<Answer> moved_answer(std::string_view method, const http::Url& asked, const http::ResponseHead& head,
                                   WallTime now) {
  auto locations = head.fields.all("Location");
  if (!leads_on(head.status) || locations.size() != 1) return std::nullopt;
  auto location = http::resolve_url(asked, locations.front());
  if (!location || location->scheme != asked.scheme || location->authority() != asked.authority()) return std::nullopt;
  auto role = role_of(asked.host);
  auto there = classify(role, method, location->target);
  if (!is_same_elsewhere(classify(role, method, asked.target), there)) return std::nullopt;
  Answer answer{{there.file.type, there.file.repo}, kept_fields(head.fields), "", now};
  answer.fields.remove("Content-Type");
  answer.fields.set("Location", locations.front());
  return answer;
}

bool is_moved(const Answer& answer) {
  return answer.fields.has("Location");
}

}  // namespace weir::hub
