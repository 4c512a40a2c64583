#![no_main]

use aftersales_fuzz::attack;

libfuzzer_sys::fuzz_target!(|input: &[u8]| attack("command_line", input));
