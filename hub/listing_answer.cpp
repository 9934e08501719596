// SPDX-License-Identifier: Apache-2.0
#include "hub/listing_answer.h"

#include <algorithm>
#include <array>

#include "http/conditional.h"
#include "http/text.h"
#include "hub/listing_filter.h"
#include "hub/moved_repo.h"
#include "hub/regular_file.h"

namespace weir::hub {
namespace {

// Weir asks for no coding, the asker is in the name, and a request with an Origin is not plain.
constexpr std::array<std::string_view, 5> kKnownVariance = {"Accept", "Accept-Encoding", "Authorization", "Cookie",
                                                            "Origin"};

bool is_known_variance(std::string_view name) {
  return std::any_of(kKnownVariance.begin(), kKnownVariance.end(),
                     [name](std::string_view known) { return http::equals_ignoring_case(name, known); });
}

// What was said in the future was said before the clock was set back.
bool is_young(const Answer& answer, const ListingTerms& terms, WallTime now) {
  return answer.asked <= now && now - answer.asked < terms.revision_ttl;
}

// Whether the hub's yes to `who` holds: a young answer to them is a proof of its own, unless it was taken back since.
bool holds_for(const Asker& who, const Answer& answer, const ListingTerms& terms, const AccessLedger& ledger,
               const Moment& now) {
  if (ledger.is_fresh(who, answer.repo, Right::metadata, now.monotonic)) return true;
  return is_young(answer, terms, now.wall) && ledger.has_yes(who, answer.repo, Right::metadata);
}

bool is_true_still(const Answer& answer, const ListingTerms& terms, WallTime now) {
  bool stays = terms.validity == ListingTerms::Validity::for_ever && !is_moved(answer);
  return stays || is_young(answer, terms, now);
}

}  // namespace

// The hub lets a page of another site read what it lets no other, and it alone can judge its own ETag.
bool is_plain_listing(const http::RequestHead& request) {
  for (auto name : {"Origin", "If-Match", "If-Unmodified-Since"})
    if (request.fields.has(name)) return false;
  return true;
}

AnswerName listing_name(const Asker& asker, const http::RequestHead& request, std::string_view host,
                        std::string_view body) {
  AnswerName name;
  name.audience = asker;
  name.method = request.method == "HEAD" ? "GET" : request.method;
  name.host = host;
  name.target = request.target;
  name.variant = request.fields.get("Accept");
  if (name.method == "POST")
    name.body = sha256(std::string(request.fields.get("Content-Type")) + '\n' + std::string(body));
  return name;
}

bool is_kept_listing(const http::Fields& ok) {
  for (std::string_view line : ok.all("Vary"))
    while (!line.empty())
      if (auto name = http::next_element(line); !name.empty() && !is_known_variance(name)) return false;
  return true;
}

http::Fields kept_listing_fields(const http::Fields& ok) {
  auto kept = kept_fields(ok);
  kept.remove("Accept-Ranges");
  for (auto link : ok.all("Link")) kept.add("Link", link);
  if (ok.has("ETag")) kept.set("ETag", ok.get("ETag"));
  return kept;
}

void mark_edited(http::Fields& fields) {
  fields.remove("Accept-Ranges");
  auto theirs = http::parse_entity_tag(fields.get("ETag"));
  fields.remove("ETag");
  if (theirs) fields.set("ETag", http::EntityTag{theirs->opaque + "-weir", true}.text());
}

std::string commit_in(const Answer& answer) {
  auto said = answer.fields.get("X-Repo-Commit");
  if (is_commit(said)) return std::string(said);
  // Only an object can name one, and a tree may be large.
  if (!answer.body.starts_with('{')) return "";
  ListingFilter reader;
  std::string unused;
  reader.feed(answer.body, unused);
  return reader.commit();
}

std::shared_ptr<const Answer> KeptAnswers::newest() const {
  if (!own || !open) return own ? own : open;
  return own->asked < open->asked ? open : own;
}

std::shared_ptr<const Answer> answer_now(const ListingTerms& terms, const KeptAnswers& kept, const AccessLedger& ledger,
                                         const Moment& now) {
  auto may_have = [&](const Answer& answer, const Asker& who) { return holds_for(who, answer, terms, ledger, now); };
  if (kept.own && is_true_still(*kept.own, terms, now.wall) && may_have(*kept.own, terms.asker)) return kept.own;
  if (!kept.open || !is_true_still(*kept.open, terms, now.wall)) return nullptr;
  bool permitted =
      may_have(*kept.open, Asker{}) || ledger.is_fresh(terms.asker, kept.open->repo, Right::metadata, now.monotonic);
  return permitted ? kept.open : nullptr;
}

std::shared_ptr<const Answer> answer_offline(const ListingTerms& terms, const KeptAnswers& kept,
                                             const AccessLedger& ledger, WallTime now) {
  auto holds = [&](const Answer& answer) {
    return ledger.holds_offline(terms.asker, answer.repo, Right::metadata, now);
  };
  KeptAnswers permitted;
  if (kept.open && holds(*kept.open)) permitted.open = kept.open;
  // That anybody may read the repository, once seen, opens nothing that the hub has closed to this asker since.
  if (kept.own && holds(*kept.own) && ledger.has_yes(terms.asker, kept.own->repo, Right::metadata))
    permitted.own = kept.own;
  return permitted.newest();
}

}  // namespace weir::hub
