// SPDX-License-Identifier: Apache-2.0
#include "cas/spare_room.h"

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class SpareRoomTest : public StoreTest {
 protected:
  std::filesystem::path spare() const { return root / "spare"; }
};

TEST_F(SpareRoomTest, is_there_from_the_end_of_a_run_to_the_next_start) {
  EXPECT_FALSE(is_there(spare()));
  store.reset();
  EXPECT_EQ(std::filesystem::file_size(spare()), SpareRoom::kBytes);
  reopen();
  EXPECT_FALSE(is_there(spare()));
}

TEST_F(SpareRoomTest, is_taken_while_the_store_is_open) {
  store->keep_spare_room();
  EXPECT_EQ(std::filesystem::file_size(spare()), SpareRoom::kBytes);
  store->keep_spare_room();
  store.reset();
  EXPECT_TRUE(is_there(spare()));
}

TEST_F(SpareRoomTest, is_no_error_where_something_else_has_its_name) {
  store.reset();
  std::filesystem::remove(spare());
  std::filesystem::create_directories(spare() / "folder");
  reopen();
  store->keep_spare_room();
  EXPECT_TRUE(std::filesystem::is_directory(spare() / "folder"));
}

}  // namespace
}  // namespace weir::cas
