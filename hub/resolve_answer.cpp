// SPDX-License-Identifier: Apache-2.0
#include "hub/resolve_answer.h"

#include "http/conditional.h"
#include "http/text.h"
#include "hub/route.h"
#include "hub/xet.h"

namespace weir::hub {
namespace {

constexpr uint16_t kHttpsPort = 443;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// True when a field that must stand once comes with two values: two readers could take different ones.
bool contradicts_itself(const http::Fields& fields, std::string_view name) {
  auto values = fields.all(name);
  for (auto value : values)
    if (value != values.front()) return true;
  return false;
}

bool is_resolve(const http::Url& url) {
  return classify(role_of(url.host), "GET", url.target).kind == RouteKind::resolve;
}

ResolveAnswer judged(ResolveVerdict verdict) {
  return ResolveAnswer{verdict, std::nullopt};
}

}  // namespace

std::string_view name_of(ResolveVerdict verdict) {
  switch (verdict) {
    case ResolveVerdict::file:
      return "file";
    case ResolveVerdict::too_large:
      return "too_large";
    case ResolveVerdict::elsewhere:
      return "elsewhere";
    case ResolveVerdict::renamed:
      return "renamed";
    case ResolveVerdict::no_digest:
      return "no_digest";
    case ResolveVerdict::no_size:
      return "no_size";
    case ResolveVerdict::malformed:
      return "malformed";
    case ResolveVerdict::not_a_redirect:
      break;
  }
  return "not_a_redirect";
}

std::optional<Sha256> digest_in_etag(std::string_view etag) {
  return Sha256::from_hex(http::lower_case(http::unquoted_entity_tag(etag)));
}

ResolveAnswer judge_resolve_answer(const http::ResponseHead& answer, const http::Url& asked,
                                   const std::function<bool(std::string_view host)>& is_intercepted) {
  const auto& fields = answer.fields;
  if (!is_redirect(answer.status)) return judged(ResolveVerdict::not_a_redirect);
  for (auto name : {"Location", "X-Linked-ETag", "X-Linked-Size"})
    if (contradicts_itself(fields, name)) return judged(ResolveVerdict::malformed);
  auto location = http::resolve_url(asked, fields.get("Location"));
  if (!location) return judged(ResolveVerdict::malformed);
  if (is_resolve(*location)) return judged(ResolveVerdict::renamed);
  auto digest = digest_in_etag(fields.get("X-Linked-ETag"));
  if (!digest) return judged(ResolveVerdict::no_digest);
  auto size = http::parse_decimal(fields.get("X-Linked-Size"));
  if (!size) return judged(ResolveVerdict::no_size);
  if (location->scheme != "https" || location->port != kHttpsPort || !is_intercepted(location->host))
    return judged(ResolveVerdict::elsewhere);
  auto verdict = *size > kMaxPlainSize ? ResolveVerdict::too_large : ResolveVerdict::file;
  return ResolveAnswer{verdict, FileRedirect{*digest, *size, std::move(*location)}};
}

}  // namespace weir::hub
