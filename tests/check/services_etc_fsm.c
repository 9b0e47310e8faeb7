// SPDX-License-Identifier: MIT
// etc.fsm: one step of a state machine.
#include "tests/check/services_rows.h"

static const struct msg_row rows[] = {
    {"{fsm:{a:b} state:a}@etc.fsm", "{state:b}"},
    {"{fsm:{a:(b out)} state:a}@etc.fsm", "{state:b msg:out}"},
    {"{fsm:{a:{ev1:(b out) ev2:c}} state:a msg:ev1}@etc.fsm", "{state:b msg:out}"},
    {"{fsm:{a:{ev1:(b out) ev2:c}} state:a msg:ev2}@etc.fsm", "{state:c}"},
    {"{fsm:{a:{ev1:(b out) ev2:c}} state:a msg:zz}@etc.fsm", "{state:a}"},
    {"{fsm:{a:{ev1:(b out) ev2:c}} state:a}@etc.fsm", "{state:a}"},
    {"{fsm:{a:b} state:z}@etc.fsm", "{state:z}"},
    {"{fsm:{} state:z}@etc.fsm", "{state:z}"},
    {"{fsm:{a:{}} state:a msg:x}@etc.fsm", "{state:a}"},
    // states and events are any unit
    {"{fsm:{1:2 2:(3 [x])} state:2}@etc.fsm", "{state:3 msg:[x]}"},
    {"{fsm:{1:{[a]:2}} state:1 msg:[a]}@etc.fsm", "{state:2}"},
    {"{fsm:{1:{-:2}} state:1 msg:-}@etc.fsm", "{state:2}"},
    {"{fsm:{2:x} state:2.0}@etc.fsm", "{state:2.0}"},
    // rules stand as they are, state and event are read
    {"{fsm:{2:(x [@y])} state:(sum (1 1))@math.calc}@etc.fsm", "{state:x msg:[@y]}"},
    {"{fsm:{a:{5:(x (say no)@lab)}} state:@s msg:(neg -5)@math.calc s:a}@etc.fsm",
     "{state:x msg:(say no)@lab}"},
    {"{fsm:{a:b} state:@z}@etc.fsm", "!no-ref"},
    // a message that a stream gave
    {"{fsm:{a:(b x)} state:a}@test.echo@etc.fsm", "{state:b msg:x}"},
    // wrong
    {"{fsm:{a:b}}@etc.fsm", "!bad-arg the state is missing"},
    {"(fsm {a:b})@etc.fsm", "!bad-arg the state is missing"},
    {"{state:a}@etc.fsm", "!bad-arg the state is missing"},
    {"{fsm:[a b] state:a}@etc.fsm", "!bad-arg"},
    {"abc@etc.fsm", "!bad-arg"},
    {"fsm@etc.fsm", "!bad-arg"},
    // a machine that runs, in a chain
    {"{fsm:{a:(b 1) b:(c 2) c:a} state:a task:[etc.fsm lab etc.fsm lab etc.fsm lab]}@sys.task",
     "{fsm:{a:(b 1) b:(c 2) c:a} state:a task:[etc.fsm lab etc.fsm lab etc.fsm lab] msg:2}"},
};

START_TEST(test_row)
{
    row_test(&rows[_i]);
}
END_TEST

START_TEST(test_scarce)
{
    row_test_scarce(&rows[_i]);
}
END_TEST

Suite *services_etc_fsm_suite(void)
{
    Suite *s = suite_create("services_etc_fsm");
    TCase *t = tcase_create("rows");

    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_scarce, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
