. tests/examples/helper.sh
for workers in 1 2 4; do
    VELA_WORKERS=$workers capture run examples/pipeline.vela
    check "pipeline on $workers threads" 0
    check_output "pipeline on $workers threads" "sum of the squares up to 1000: 333833500"
done
finish
