// SPDX-License-Identifier: Apache-2.0
#include "upstream/provenance.h"

#include <gmock/gmock.h>

namespace weir::upstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Provenance, knows_who_sent_what) {
  Provenance provenance(100);
  provenance.sent(1, {0, 10});
  provenance.sent(2, {10, 30});
  provenance.sent(1, {40, 50});
  EXPECT_THAT(provenance.senders(), ElementsAre(1, 2));
  EXPECT_THAT(provenance.senders({5, 12}), ElementsAre(1, 2));
  EXPECT_THAT(provenance.senders({10, 40}), ElementsAre(2));
  EXPECT_THAT(provenance.of(1), ElementsAre(ByteRange{0, 10}, ByteRange{40, 50}));
  EXPECT_THAT(provenance.of(3), IsEmpty());
}

TEST(Provenance, forgets_what_is_settled) {
  Provenance provenance(100);
  provenance.sent(1, {0, 10});
  provenance.sent(2, {10, 30});
  provenance.settle({5, 30});
  EXPECT_THAT(provenance.senders(), ElementsAre(1));
  EXPECT_THAT(provenance.of(1), ElementsAre(ByteRange{0, 5}));
}

TEST(Provenance, says_what_nobody_known_sent) {
  Provenance provenance(100);
  provenance.sent(1, {20, 30});
  EXPECT_THAT(provenance.unknown({{0, 25}, {28, 40}}), ElementsAre(ByteRange{0, 20}, ByteRange{30, 40}));
}

}  // namespace
}  // namespace weir::upstream
