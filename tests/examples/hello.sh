. tests/examples/helper.sh
capture run examples/hello.vela
check hello 0
check_output hello "hello, world"
finish
